/** The frame that all views share. */
import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { SignIn } from './access/sign-in.js';
import { Who } from './access/who.js';
import { reachable, signedOut } from './api/client.js';
import { CaptionView } from './caption/caption-view.js';
import { Announcer } from './parts/announce.js';
import { PATHS, route, type View, VIEWS } from './parts/route.js';
import { Failure, Loading } from './parts/states.js';

const TITLES: Readonly<Record<View, string>> = {
  caption: 'Caption',
  photos: 'Photos',
  datasets: 'Data sets',
  training: 'Training',
  report: 'Report',
};

/** Views that are loaded when they are first shown. */
const LATER: Readonly<Record<Exclude<View, 'caption'>, () => Promise<ComponentType>>> = {
  photos: async () => (await import('./gallery/gallery-view.js')).GalleryView,
  datasets: async () => (await import('./datasets/datasets-view.js')).DatasetsView,
  training: async () => (await import('./training/training-view.js')).TrainingView,
  report: async () => (await import('./report/report-view.js')).ReportView,
};

export function App() {
  const { view } = route.value;
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <p class="name">Ekphrasis</p>
        <nav aria-label="Views">
          {VIEWS.map((name) => (
            <a key={name} href={PATHS[name]} aria-current={name === view ? 'page' : undefined}>
              {TITLES[name]}
            </a>
          ))}
        </nav>
        <Who />
      </header>
      <Connection />
      {signedOut.value ? <SignIn /> : <Main view={view} />}
      <Announcer />
    </>
  );
}

/** Over the page, so that nothing moves when it comes. */
function Connection() {
  return (
    <div role="status" class="connection">
      {!reachable.value && <p>No connection to the server. What is here stays; the page goes on by itself.</p>}
    </div>
  );
}

function Main({ view }: { view: View }) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(view);
  useEffect(() => {
    document.title = view === 'caption' ? 'Ekphrasis' : `${TITLES[view]} · Ekphrasis`;
    // Who comes by keyboard or screen reader is brought to what is new; not at the first load.
    if (before.current !== view) main.current?.focus({ preventScroll: true });
    before.current = view;
  }, [view]);
  return (
    <main id="main" ref={main} tabIndex={-1} class={`view-${view}`}>
      {view === 'caption' ? <CaptionView /> : <Later view={view} />}
    </main>
  );
}

function Later({ view }: { view: Exclude<View, 'caption'> }) {
  const [loaded, setLoaded] = useState<{ view: View; Component: ComponentType }>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isWanted = true;
    setError(undefined);
    LATER[view]().then(
      (Component) => {
        if (isWanted) setLoaded({ view, Component });
      },
      (failure: unknown) => {
        if (isWanted) setError(failure);
      },
    );
    return () => {
      isWanted = false;
    };
  }, [view, round]);
  if (loaded?.view === view) return <loaded.Component />;
  if (error !== undefined)
    return (
      <Failure
        error={error}
        again={() => {
          setRound(round + 1);
        }}
      />
    );
  return <Loading what={`Opening ${TITLES[view]}`} />;
}
