/** Photos in rows, of which only those in sight are in the document. */
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { altOf } from '../parts/card.js';
import { thumbnail } from '../parts/photo-details.js';
import { useRows } from '../parts/use-rows.js';
import type { Entry } from './entries.js';
import { layOut, type Place, type Row } from './layout.js';
import { selection, toggle } from './selection.js';
import { linesOf, Why } from './why.js';

const GAP = 8;
/** Of a line of words below a photo, in rem; and the space above the first. */
const LINE = 1.5;
const ABOVE_TEXT = 0.5;
/** Pixels below the window that are loaded before they are seen. */
const AHEAD = 3_000;

interface GridProps {
  readonly entries: readonly Entry[];
  /** Entries of the whole list. */
  readonly total: number;
  readonly more: () => void;
  readonly hrefOf: (entry: Entry) => string;
}

export function PhotoGrid({ entries, total, more, hrefOf }: GridProps) {
  const grid = useRef<HTMLUListElement>(null);
  const { width, top } = useBox(grid);
  const layout = useMemo(() => arrange(entries, total, width), [entries, total, width]);
  const { rows, totalHeight, showRow } = useRows(layout.count, layout.heightOf, top);
  const last = rows.at(-1);
  const loadedHeight = layout.loadedHeight + top;
  useLayoutEffect(() => {
    if (width > 0 && entries.length < total && last && last.end + AHEAD > loadedHeight) more();
  }, [width, entries, total, last, loadedHeight, more]);
  const keyboard = useArrowKeys(grid, layout.rows, entries.length, showRow);
  return (
    <ul
      ref={grid}
      role="list"
      class="grid"
      aria-label="Photos"
      style={{ height: `${totalHeight}px` }}
      onKeyDown={keyboard.onKeyDown}
      onFocusIn={keyboard.onFocusIn}
    >
      {rows.flatMap(({ index, start }) => {
        const row = layout.rows[index];
        if (!row) return [<Unread key={`unread-${index}`} top={start - top} height={layout.heightOf(index) - GAP} />];
        return row.places.map((place) => {
          const entry = entries[place.index];
          return (
            entry && (
              <Cell
                key={entry.card.id}
                entry={entry}
                place={place}
                top={start - top}
                total={total}
                href={hrefOf(entry)}
                isCurrent={place.index === keyboard.current}
                isChosen={selection.value?.has(entry.card.id)}
              />
            )
          );
        });
      })}
    </ul>
  );
}

/** A row whose photos are on their way. */
function Unread({ top, height }: { top: number; height: number }) {
  return <li class="unread" aria-hidden="true" style={{ transform: `translateY(${top}px)`, height: `${height}px` }} />;
}

interface CellProps {
  readonly entry: Entry;
  readonly place: Place;
  readonly top: number;
  readonly total: number;
  readonly href: string;
  /** The one that the Tab key leads to. */
  readonly isCurrent: boolean;
  /** Undefined while nobody is choosing photos. */
  readonly isChosen: boolean | undefined;
}

function Cell({ entry: { card, reason }, place, top, total, href, isCurrent, isChosen }: CellProps) {
  const { index, left, width, height } = place;
  const size = width * devicePixelRatio > 340 ? 640 : 320;
  const reached = { 'data-index': index, tabIndex: isCurrent ? 0 : -1 };
  const photo = (
    <img
      src={thumbnail(card.url, size)}
      alt={altOf(card)}
      width={Math.round(width)}
      height={Math.round(height)}
      style={{ height: `${height}px` }}
      decoding="async"
    />
  );
  return (
    <li
      aria-setsize={total}
      aria-posinset={index + 1}
      style={{ transform: `translate(${left}px, ${top}px)`, width: `${width}px` }}
    >
      {isChosen === undefined ? (
        <a href={href} {...reached}>
          {photo}
        </a>
      ) : (
        <button
          type="button"
          role="checkbox"
          aria-checked={isChosen}
          class="pick"
          {...reached}
          onClick={() => {
            toggle(card.id);
          }}
        >
          {photo}
        </button>
      )}
      {reason && <Why reason={reason} card={card} />}
    </li>
  );
}

interface Layout {
  readonly rows: readonly Row[];
  /** Rows with those whose photos are not read yet. */
  readonly count: number;
  readonly heightOf: (index: number) => number;
  readonly loadedHeight: number;
}

function arrange(entries: readonly Entry[], total: number, width: number): Layout {
  const textHeight = entries[0] ? heightOfLines(linesOf(entries[0])) : 0;
  // Where there is something to read, columns are not too narrow for it.
  const rowHeight = Math.min(280, Math.max(textHeight > 0 ? 185 : 130, width / 5.5));
  const options = { width, rowHeight, gap: GAP, textHeight, continues: entries.length < total };
  const rows =
    width > 0
      ? layOut(
          entries.map(({ card }) => card),
          options,
        )
      : [];
  const loadedHeight = rows.reduce((sum, { height }) => sum + height, 0);
  const placed = rows.reduce((sum, { places }) => sum + places.length, 0);
  const usual = rows.length > 0 ? loadedHeight / rows.length : rowHeight;
  const unread = placed > 0 ? Math.ceil(((total - placed) * rows.length) / placed) : 0;
  return { rows, count: rows.length + unread, heightOf: (index) => rows[index]?.height ?? usual, loadedHeight };
}

/** In pixels: letters grow with the window. */
function heightOfLines(lines: number): number {
  return lines === 0
    ? 0
    : (lines * LINE + ABOVE_TEXT) * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** Width of the grid, and where it begins in the document. */
function useBox(grid: { readonly current: HTMLElement | null }): { readonly width: number; readonly top: number } {
  const [box, setBox] = useState({ width: 0, top: 0 });
  useLayoutEffect(() => {
    const element = grid.current;
    if (!element) return undefined;
    const measure = () => {
      const { width, top } = element.getBoundingClientRect();
      setBox((before) => {
        const after = { width, top: top + scrollY };
        return before.width === after.width && before.top === after.top ? before : after;
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element.parentElement ?? element);
    return () => {
      observer.disconnect();
    };
  }, [grid]);
  return box;
}

/** One photo is reached by Tab; arrows, Home and End lead from there to the others. */
function useArrowKeys(
  grid: { readonly current: HTMLElement | null },
  rows: readonly Row[],
  entryCount: number,
  showRow: (index: number) => void,
) {
  const [current, setCurrent] = useState(0);
  const wanted = useRef<number | undefined>(undefined);
  const countBefore = useRef(entryCount);
  useLayoutEffect(() => {
    // Where the photo that had the focus was deleted, the next one takes its place.
    const isLost = entryCount < countBefore.current && document.activeElement === document.body;
    countBefore.current = entryCount;
    if (isLost) wanted.current = Math.min(current, entryCount - 1);
  }, [entryCount]);
  useLayoutEffect(() => {
    // The photo may come into the document only after its row was scrolled to.
    if (wanted.current === undefined) return;
    const link = grid.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!link) return;
    wanted.current = undefined;
    link.focus({ preventScroll: true });
  });
  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      const next = nextIndex(event.key, current, rows, entryCount);
      if (next === undefined) return;
      event.preventDefault();
      wanted.current = next;
      setCurrent(next);
      showRow(rows.findIndex(({ places }) => places.some(({ index }) => index === next)));
    },
    [current, rows, entryCount, showRow],
  );
  const onFocusIn = useCallback((event: FocusEvent) => {
    const index = event.target instanceof HTMLElement ? event.target.dataset['index'] : undefined;
    if (index !== undefined) setCurrent(Number(index));
  }, []);
  return { current: Math.min(current, Math.max(0, entryCount - 1)), onKeyDown, onFocusIn };
}

function nextIndex(key: string, current: number, rows: readonly Row[], entryCount: number): number | undefined {
  const rowIndex = rows.findIndex(({ places }) => places.some(({ index }) => index === current));
  const here = rows[rowIndex]?.places.find(({ index }) => index === current);
  const placedCount = (rows.at(-1)?.places.at(-1)?.index ?? entryCount - 1) + 1;
  const inRow = (offset: number) => {
    const places = rows[rowIndex + offset]?.places;
    if (!places || !here) return undefined;
    const middle = here.left + here.width / 2;
    return places.find(({ left, width }) => left + width >= middle)?.index ?? places.at(-1)?.index;
  };
  switch (key) {
    case 'ArrowRight':
      return Math.min(current + 1, placedCount - 1);
    case 'ArrowLeft':
      return Math.max(current - 1, 0);
    case 'ArrowDown':
      return inRow(1);
    case 'ArrowUp':
      return inRow(-1);
    case 'Home':
      return 0;
    case 'End':
      return placedCount - 1;
    default:
      return undefined;
  }
}
