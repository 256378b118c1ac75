import { graphql, type ResultOf } from '../api/graphql.js';

/** What data sets are chosen by. */
export const Datasets = graphql(`
  query Datasets {
    datasets {
      id
      name
      origin
    }
  }
`);
export type NamedDataset = ResultOf<typeof Datasets>['datasets'][number];

interface DatasetSelectProps {
  /** Undefined until they are known. */
  readonly datasets: readonly NamedDataset[] | undefined;
  /** What no choice is called. */
  readonly any: string;
  /** Choices besides, by their values. */
  readonly others?: Readonly<Record<string, string>>;
  /** Of the field in its form. */
  readonly name?: string;
  /** The id or the name of the one that is chosen, or one of `others`; with `onChange`. */
  readonly value?: string | undefined;
  /** @param value an id, one of `others`, or nothing */
  readonly onChange?: (value: string) => void;
}

export function DatasetSelect({ datasets, any, others = {}, name, value, onChange }: DatasetSelectProps) {
  const chosen =
    datasets?.find((dataset) => dataset.id === value) ?? datasets?.find((dataset) => dataset.name === value);
  const isKnown = value === undefined || value in others || chosen !== undefined;
  const controlled = onChange && {
    value: chosen?.id ?? value ?? '',
    onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) => {
      onChange(currentTarget.value);
    },
  };
  return (
    <label>
      <span>Data set</span>
      <select name={name} {...controlled}>
        <option value="">{any}</option>
        {Object.entries(others).map(([other, label]) => (
          <option key={other} value={other}>
            {label}
          </option>
        ))}
        {!isKnown && <option value={value}>{datasets ? 'One that is no more' : '…'}</option>}
        {datasets?.map((dataset) => (
          <option key={dataset.id} value={dataset.id}>
            {nameAmong(dataset, datasets)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Two may have the same name; then where they came from tells them apart. */
export function nameAmong({ id, name, origin }: NamedDataset, datasets: readonly NamedDataset[]): string {
  return datasets.some((other) => other.name === name && other.id !== id) ? `${name} (${origin})` : name;
}
