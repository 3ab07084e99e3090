/** The depth of a queue over the last minutes, as a line. */

const WIDTH = 72;
const HEIGHT = 20;
const SHOWN = 90;

export function SparkLine({ values }: { values: readonly number[] }) {
  if (values.length < 2) return null;
  const most = Math.max(...values);
  const text = `Between ${Math.min(...values)} and ${most} messages in the last minutes`;
  const step = WIDTH / (SHOWN - 1);
  const start = WIDTH - (values.length - 1) * step;
  const points = values.map((value, index) => {
    const y = most === 0 ? HEIGHT - 2 : HEIGHT - 2 - (value / most) * (HEIGHT - 4);
    return `${(start + index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={text}>
      <title>{text}</title>
      <polyline points={points.join(' ')} />
    </svg>
  );
}
