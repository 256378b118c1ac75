/** How it is searched, and among which photos. */
import { useState } from 'preact/hooks';
import { Datasets, DatasetSelect } from '../parts/dataset-select.js';
import { go, withQuery } from '../parts/route.js';
import { useAnswer } from '../parts/use-answer.js';
import { countFilters, MODES, PRESENCE, SPLITS, type Wish, WRITERS } from './filters.js';
import { LibraryNames } from './operations.js';

const MODE_NAMES = { HYBRID: 'Words and sight', TEXT: 'Words of captions', SEMANTIC: 'What is to be seen' } as const;
const PRESENCE_NAMES = { missing: 'Missing', there: 'Where they were' } as const;
const WRITER_NAMES = { person: 'Described by a person', machine: 'By machines only, or not yet' } as const;

const change = (values: Record<string, string | undefined>) => {
  go(withQuery(values), { replace: true });
};

export function FilterPanel({ wanted: { mode, like, filter } }: { wanted: Wish }) {
  const { data } = useAnswer(Datasets, {});
  const libraries = useAnswer(LibraryNames, {}).data?.libraries ?? [];
  const active = countFilters(filter);
  const [isOpen] = useState(active > 0 || mode !== 'HYBRID');
  return (
    <details class="filters" open={isOpen}>
      <summary>{active === 0 ? 'Filters' : `Filters, ${active} in use`}</summary>
      <div class="filter-fields">
        <Choice
          name="Search by"
          value={mode}
          options={MODES}
          nameOf={(option) => MODE_NAMES[option]}
          disabled={like !== undefined}
          onChange={(value) => {
            change({ mode: value === 'HYBRID' ? undefined : value });
          }}
        />
        <Choice
          name="Split"
          any="Every split"
          value={filter.split}
          options={SPLITS}
          nameOf={(option) => option.toLowerCase()}
          onChange={(split) => {
            change({ split });
          }}
        />
        <Choice
          name="Captions"
          any="Whoever wrote them"
          value={filter.writer}
          options={WRITERS}
          nameOf={(option) => WRITER_NAMES[option]}
          onChange={(by) => {
            change({ by });
          }}
        />
        <DatasetSelect
          any="Every data set"
          datasets={data?.datasets}
          value={filter.dataset}
          onChange={(dataset) => {
            change({ dataset });
          }}
        />
        {(libraries.length > 0 || filter.library !== undefined) && (
          <>
            <Choice
              name="Library"
              any="In every library, or in none"
              value={filter.library}
              options={libraries.map(({ id }) => id)}
              nameOf={(option) => libraries.find(({ id }) => id === option)?.name ?? option}
              onChange={(library) => {
                change({ library });
              }}
            />
            <Choice
              name="Files"
              any="Missing or not"
              value={filter.presence}
              options={PRESENCE}
              nameOf={(option) => PRESENCE_NAMES[option]}
              onChange={(files) => {
                change({ files });
              }}
            />
          </>
        )}
        <Day
          name="Added from"
          value={filter.from}
          onChange={(from) => {
            change({ from });
          }}
        />
        <Day
          name="Added until"
          value={filter.until}
          onChange={(until) => {
            change({ until });
          }}
        />
        {active > 0 && (
          <button
            type="button"
            class="plain"
            onClick={() => {
              change({
                split: undefined,
                by: undefined,
                dataset: undefined,
                library: undefined,
                files: undefined,
                from: undefined,
                until: undefined,
              });
            }}
          >
            Take all filters off
          </button>
        )}
      </div>
    </details>
  );
}

interface ChoiceProps<Option extends string> {
  readonly name: string;
  /** What no choice is called; without, there is always one. */
  readonly any?: string;
  readonly value: Option | undefined;
  readonly options: readonly Option[];
  readonly nameOf: (option: Option) => string;
  readonly disabled?: boolean;
  readonly onChange: (value: string) => void;
}

function Choice<Option extends string>({
  name,
  any,
  value,
  options,
  nameOf,
  disabled = false,
  onChange,
}: ChoiceProps<Option>) {
  return (
    <label>
      <span>{name}</span>
      <select
        value={value ?? ''}
        disabled={disabled}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.value);
        }}
      >
        {any !== undefined && <option value="">{any}</option>}
        {options.map((option) => (
          <option key={option} value={option}>
            {nameOf(option)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Day({
  name,
  value,
  onChange,
}: {
  name: string;
  value: string | undefined;
  onChange: (value: string) => void;
}) {
  return (
    <label>
      <span>{name}</span>
      <input
        type="date"
        value={value ?? ''}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.value);
        }}
      />
    </label>
  );
}
