/** Curves over the epochs of one or several trainings. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import '../styles/curves.css';

export interface Curve {
  readonly label: string;
  /** Places along the bottom, in epochs, rising. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Index of its colour. */
  readonly colour: number;
  /** A thin line without points, for what is measured often. */
  readonly fine?: boolean;
}

interface ChartProps {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** The last place along the bottom. */
  readonly epochs: number;
}

const HEIGHT = 260;
const COLOURS = 4;

export function Chart({ title, curves, epochs }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const shape = JSON.stringify(curves.map(({ label, colour, fine }) => [label, colour, fine]));
  const data = joined(curves);
  useLayoutEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, curves, epochs), data, element);
    };
    draw();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, [shape, epochs]);
  useEffect(() => {
    plot.current?.setData(data);
  });
  return (
    <figure class="chart">
      <figcaption>
        <h2>{title}</h2>
        <ul role="list" class="legend small">
          {curves.map(({ label, colour, fine }) => (
            <li key={label}>
              <span class={`dash curve-${colour % COLOURS}${fine ? ' fine' : ''}`} /> {label}
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        ref={host}
        class="plot"
        role="img"
        aria-label={`${title}, as curves. The figures stand in the table below.`}
      />
    </figure>
  );
}

/** All curves over the places of all, with gaps where one has none, as uPlot wants them. */
function joined(curves: readonly Curve[]): uPlot.AlignedData {
  if (curves.length === 0) return [[]];
  return uPlot.join(
    curves.map(({ x, y }) => [[...x], [...y]] as uPlot.AlignedData),
    curves.map(() => [0, 1]),
  );
}

function optionsOf(element: HTMLElement, curves: readonly Curve[], epochs: number): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => resolved(element, style.getPropertyValue(name));
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: true, live: true },
    cursor: { y: false, points: { size: 7 } },
    scales: { x: { time: false, range: [0, epochs] } },
    axes: [
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100] },
      { ...axis, size: 46 },
    ],
    series: [
      {
        label: 'Epoch',
        value: (_: uPlot, value: number | null) => (value == null ? '' : String(Math.round(value * 100) / 100)),
      },
      ...curves.map(({ label, fine, colour: index }) => ({
        label,
        stroke: colour(`--curve-${(index % COLOURS) + 1}`),
        width: fine ? 1 : 2,
        alpha: fine ? 0.55 : 1,
        spanGaps: true,
        points: { show: !fine, size: 6, fill: colour('--paper') },
        value: (_: uPlot, value: number | null) => (value == null ? '' : value.toFixed(3)),
      })),
    ],
  };
}

/** A canvas knows no light-dark(): the colour as it is shown now. */
function resolved(element: HTMLElement, value: string): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
