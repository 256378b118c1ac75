/** The figures of reports, as they are usually printed. What there are is the server's to say. */
import { ofHundred } from '../parts/figures.js';
import type { Figure, Measured } from './operations.js';

/** Those that one of the reports has, each once. */
export function metricsOf(reports: readonly Measured[]): readonly Figure[] {
  return [...new Map(reports.flatMap(({ metrics }) => metrics.map((figure) => [figure.key, figure]))).values()];
}

export function figureOf(figures: readonly Figure[], { key }: Pick<Figure, 'key'>): Figure | undefined {
  return figures.find((figure) => figure.key === key);
}

/** Whether it lies between 0 and 1, and can be drawn beside others that do. */
export function isShare({ highest }: Figure): boolean {
  return highest === 1;
}

export function printFigure(figure: Figure, value = figure.value): string {
  return isShare(figure) ? ofHundred(value) : value.toFixed(3);
}
