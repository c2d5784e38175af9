/*
 * abnormal.h - the common set of abnormal situations (НС), calculations.md section 2.4
 *
 * Every family has codes of its own. A driver keeps them as they are ("error_code") and says beside
 * them which of these situations they mean: a bit set in a register of quantity ABNORMAL, and, where
 * the meter counts them, durations in time_* registers. A code nobody can place is FAILURE if it
 * stops the meter's integration, and no bit at all if it does not.
 *
 *   bit          cause                          integration   duration
 *   FLOW_LOW     0 < flow < minimum             goes on       time_flow_low
 *   FLOW_HIGH    flow > maximum                 goes on       time_flow_high
 *   DT_LOW       t1 - t2 below minimum          stops         time_dt_low
 *   FAILURE      sensor or meter failed         stops         time_failure
 *   REVERSE      flow in the wrong direction    stops         time_reverse
 *   POWER        no power                       stops         time_power_off
 *   NO_FLOW      no heat carrier                stops         time_no_flow
 *   CLOCK        the meter lost or was given    -             -
 *                another time
 */
#ifndef DOMOVOI_ABNORMAL_H
#define DOMOVOI_ABNORMAL_H

#define ABNORMAL_FLOW_LOW  0x01
#define ABNORMAL_FLOW_HIGH 0x02
#define ABNORMAL_DT_LOW    0x04
#define ABNORMAL_FAILURE   0x08
#define ABNORMAL_REVERSE   0x10
#define ABNORMAL_POWER     0x20
#define ABNORMAL_NO_FLOW   0x40
#define ABNORMAL_CLOCK     0x80

#endif
