/*
 * flat-plan.ts - how the flats of a new building are numbered
 */
export interface Plan {
	entrances: number;
	floors: number;
	perFloor: number;
	first: number;
}

/* Flats are numbered as builders do: entrance by entrance, floor by floor. */
export function flatNumber(plan: Plan, entrance: number, floor: number, index: number): number {
	return plan.first + (entrance * plan.floors + floor) * plan.perFloor + index;
}
