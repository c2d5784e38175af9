/*
 * clock.h - the time of the node: the wall's, or a virtual one that several processes share
 *
 * Time stamps are UTC seconds (int64_t, start of an interval) or microseconds where a name ends in
 * _us. Three kinds of clock:
 *
 *   wall      the system's; the default
 *   paced     virtual time runs `rate` times faster than the wall's
 *   stepped   virtual time stands still while anybody works and jumps to the earliest deadline when
 *             every registered thread waits; the months of a test pass as fast as the work allows.
 *             It turns into the wall clock by itself when it has caught up with it.
 *
 * A shared clock lives in a small file mapped by the node (which moves it) and by the simulator
 * (which only reads it), so that meters and node agree about the time.
 *
 * Reply time-outs of a line are not virtual: they are measured with clock_mono_us().
 */
#ifndef DOMOVOI_CLOCK_H
#define DOMOVOI_CLOCK_H

#include "base/err.h"

#include <pthread.h>
#include <stdint.h>

int64_t clock_now_us(void);  /* virtual where a virtual clock is set */
int64_t clock_now(void);     /* whole seconds, rounded down */
int64_t clock_mono_us(void); /* CLOCK_MONOTONIC, always real */
bool clock_is_virtual(void);

/* Create (node) or join (simulator) the clock in file `path`. Once, before threads start. */
enum err clock_share_paced(const char *path, int64_t start_utc, double rate, struct diag *diag);
enum err clock_share_stepped(const char *path, int64_t start_utc, struct diag *diag);
enum err clock_join(const char *path, struct diag *diag);

/*
 * A thread that takes part in a stepped clock says so for as long as it lives: time moves only when
 * all such threads wait in clock_wait. The two calls nest. On other clocks they do nothing.
 */
void clock_enter(void);
void clock_leave(void);

/*
 * Wait on `cond` (with `lock` held) until `until_us` (virtual) has come or the condition is
 * signalled; INT64_MAX waits for the signal alone. Spurious returns are possible. Whoever signals
 * a thread that waits here calls clock_kick() before the signal, so that a stepped clock does not
 * jump over the work just handed over.
 */
void clock_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_us);
void clock_kick(void);

#endif
