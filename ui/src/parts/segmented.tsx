/*
 * segmented.tsx - one of a few, all of them visible
 */
export function Segmented<T extends string>(props: {
	label: string;
	options: readonly { value: T; text: string }[];
	value: T | null;
	onChange: (value: T) => void;
}) {
	return (
		<div class="segmented" role="group" aria-label={props.label}>
			{props.options.map((o) => (
				<button
					key={o.value}
					type="button"
					aria-pressed={o.value === props.value}
					onClick={() => props.onChange(o.value)}
				>
					{o.text}
				</button>
			))}
		</div>
	);
}
