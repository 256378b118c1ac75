import {
  observeWindowOffset,
  observeWindowRect,
  type VirtualItem,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

export interface VisibleRows {
  /** The rows in sight and a few around them. */
  readonly rows: readonly VirtualItem[];
  /** In pixels. */
  readonly totalHeight: number;
  readonly showRow: (index: number) => void;
}

/**
 * The rows of a long list that are in sight while the window scrolls.
 *
 * @param heightOf the exact height of a row in pixels; a new function has all of them asked for again
 * @param top where the list begins in the document, in pixels
 */
export function useRows(count: number, heightOf: (index: number) => number, top: number): VisibleRows {
  const [, rerender] = useReducer((round: number) => round + 1, 0);
  const options = {
    count,
    estimateSize: heightOf,
    scrollMargin: top,
    overscan: 4,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialOffset: () => scrollY,
    onChange: () => {
      rerender(undefined);
    },
  };
  const [virtualizer] = useState(() => new Virtualizer<Window, Element>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => {
    virtualizer._willUpdate();
  });
  useLayoutEffect(() => {
    virtualizer.measure();
  }, [virtualizer, heightOf]);
  return {
    rows: virtualizer.getVirtualItems(),
    totalHeight: virtualizer.getTotalSize(),
    showRow: (index) => {
      virtualizer.scrollToIndex(index, { align: 'auto' });
    },
  };
}
