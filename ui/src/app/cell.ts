/*
 * cell.ts - a value others can watch; all the shared state the application needs
 */
import { useEffect, useState } from "preact/hooks";

export interface Cell<T> {
	get(): T;
	set(value: T): void;
	/* Called after each change; returns how to stop. */
	watch(listener: () => void): () => void;
}

export function cell<T>(initial: T): Cell<T> {
	let value = initial;
	const listeners = new Set<() => void>();
	return {
		get: () => value,
		set(next) {
			if (Object.is(next, value)) {
				return;
			}
			value = next;
			for (const listener of [...listeners]) {
				listener();
			}
		},
		watch(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}

export function useCell<T>(source: Cell<T>): T {
	const [value, setValue] = useState<T>(() => source.get());
	useEffect(() => {
		const update = () => setValue(() => source.get());
		update(); /* it may have changed between render and effect */
		return source.watch(update);
	}, [source]);
	return value;
}
