import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** The width of an element in pixels, as it is now: what is drawn in pixels keeps its letters readable on a phone. */
export function useWidth<E extends HTMLElement>(): [RefObject<E | null>, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const current = element.current;
    if (!current) return undefined;
    const observer = new ResizeObserver(() => {
      setWidth(current.clientWidth);
    });
    setWidth(current.clientWidth);
    observer.observe(current);
    return () => {
      observer.disconnect();
    };
  }, []);
  return [element, width];
}
