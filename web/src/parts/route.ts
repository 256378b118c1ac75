/** Which view is shown: the address decides, so that every view can be linked to, and "back" does what it should. */
import { computed, signal } from '@preact/signals';

export const VIEWS = ['caption', 'photos', 'datasets', 'training', 'report'] as const;
export type View = (typeof VIEWS)[number];

export const PATHS: Readonly<Record<View, string>> = {
  caption: '/',
  photos: '/photos',
  datasets: '/datasets',
  training: '/training',
  report: '/report',
};

const address = signal(new URL(location.href));

export interface Route {
  readonly view: View;
  /** Of the photo or training that the address names. */
  readonly id: string | undefined;
  readonly query: URLSearchParams;
}

export const route = computed<Route>(() => {
  const [, first = '', id] = address.value.pathname.split('/');
  const view = VIEWS.find((name) => PATHS[name] === `/${first}`) ?? 'caption';
  return {
    view,
    id: id === undefined || id === '' ? undefined : decodeURIComponent(id),
    query: address.value.searchParams,
  };
});

/** Goes to an address of this page. */
export function go(href: string, { replace = false } = {}): void {
  const before = route.value.view;
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  address.value = new URL(location.href);
  if (route.value.view !== before) scrollTo(0, 0);
}

/** The address of the view with other values in its query; empty ones are left out. */
export function withQuery(values: Readonly<Record<string, string | undefined>>): string {
  const { searchParams, pathname } = new URL(address.value);
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === '') searchParams.delete(name);
    else searchParams.set(name, value);
  }
  const query = searchParams.toString();
  return query === '' ? pathname : `${pathname}?${query}`;
}

/** Links to this page are followed without loading it anew. */
export function followLinks(): void {
  addEventListener('popstate', () => {
    address.value = new URL(location.href);
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented) return;
    if (link.origin !== location.origin || link.target !== '' || link.hasAttribute('download') || link.hash !== '')
      return;
    event.preventDefault();
    go(link.href);
  });
}
