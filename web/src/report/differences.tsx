/** Whether one model is better than another, or was only luckier. */
import { count } from '../parts/figures.js';
import { Failure } from '../parts/states.js';
import { useAnswer } from '../parts/use-answer.js';
import { Wide } from '../parts/wide.js';
import { type Asked, Comparison, type Measured } from './operations.js';

/** From this on a difference is called more than chance. */
const SIGNIFICANT = 0.05;

interface DifferencesProps {
  readonly first: Measured['model'];
  readonly other: Measured['model'];
  readonly asked: Asked;
  /** Whose photos both were measured on, in words. */
  readonly measuredOn: string;
}

export function Differences({ first, other, asked, measuredOn }: DifferencesProps) {
  const { data, error, again } = useAnswer(Comparison, { modelId: first.id, other: other.id, ...asked });
  if (error !== undefined) return <Failure error={error} again={again} />;
  const comparison = data?.bleuReport.comparison;
  if (!comparison) return null;
  return (
    <section class="differences">
      <h2>
        {first.name} less {other.name}, on {count(comparison.images)} photos of {measuredOn} that both have captioned
      </h2>
      <Wide label="Differences">
        <table class="metrics">
          <thead>
            <tr>
              <th>Measure</th>
              <th class="number">Difference</th>
              <th class="number">95 % interval</th>
              <th>Chance</th>
            </tr>
          </thead>
          <tbody>
            {comparison.differences.map(({ metric, name, difference, interval, pValue }) => (
              <tr key={metric}>
                <td>{name}</td>
                <td class="number">{signed(difference)}</td>
                <td class="number">
                  {signed(interval.low)} to {signed(interval.high)}
                </td>
                <td>
                  {pValue < SIGNIFICANT ? 'hardly' : 'may well be'}, p = {pValue.toFixed(3)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
