/** The collection: all of it, what a search finds, or what looks like one photo. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { announce } from '../parts/announce.js';
import { plural } from '../parts/figures.js';
import { go, route, withQuery } from '../parts/route.js';
import { Empty, Failure, Loading } from '../parts/states.js';
import { readPage, type Wish } from './entries.js';
import { ExportButton } from './export-button.js';
import { type Feed, openFeed } from './feed.js';
import { SPLITS, wish } from './filters.js';
import { PhotoDialog } from './photo-dialog.js';
import { PhotoGrid } from './photo-grid.js';
import './gallery.css';

export function GalleryView() {
  const wanted = wish.value;
  const key = JSON.stringify(wanted);
  const feed = useMemo(() => openFeed((after, signal) => readPage(wanted, after, signal)), [key]);
  useEffect(() => {
    feed.more();
    return feed.close;
  }, [feed]);
  return (
    <>
      <h1 class="unseen">Photos</h1>
      <SearchBar wanted={wanted} />
      <Results feed={feed} wanted={wanted} />
      {route.value.id !== undefined && <PhotoDialog id={route.value.id} shown={feed.state.value.entries.map(({ card }) => card.id)} />}
    </>
  );
}

/** Typing pauses of this length, in milliseconds, have the search begun. */
const PAUSE = 180;

function SearchBar({ wanted }: { wanted: Wish }) {
  const [text, setText] = useState(wanted.text);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (text.trim() === wish.peek().text) return undefined;
    const timer = setTimeout(() => {
      go(withQuery({ q: text.trim(), like: undefined }), { replace: true });
    }, PAUSE);
    return () => { clearTimeout(timer); };
  }, [text]);
  // The address may change by other ways: back, or a link.
  useSignalEffect(() => {
    const { text: asked } = wish.value;
    setText((typed) => (typed.trim() === asked ? typed : asked));
  });
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.closest('input, textarea, select, dialog') !== null;
      if (event.key !== '/' || isTyping) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => { removeEventListener('keydown', focus); };
  }, []);
  const isPlain = wanted.text === '' && wanted.like === undefined;
  return (
    <search class="search-bar">
      <label class="search-words">
        <span class="unseen">Search for</span>
        <input
          ref={input}
          type="search"
          placeholder="What is to be seen? Press / to type"
          maxLength={500}
          value={text}
          onInput={({ currentTarget }) => { setText(currentTarget.value); }}
        />
      </label>
      <label>
        <span class="unseen">Split</span>
        <select value={wanted.split ?? ''} disabled={!isPlain} onChange={({ currentTarget }) => { go(withQuery({ split: currentTarget.value })); }}>
          <option value="">Every split</option>
          {SPLITS.map((split) => <option key={split} value={split}>{split.toLowerCase()}</option>)}
        </select>
      </label>
      <label>
        <span class="unseen">Data set</span>
        <input
          placeholder="Every data set"
          value={wanted.dataset ?? ''}
          disabled={!isPlain}
          onChange={({ currentTarget }) => { go(withQuery({ dataset: currentTarget.value.trim() })); }}
        />
      </label>
      <ExportButton />
    </search>
  );
}

function Results({ feed, wanted }: { feed: Feed; wanted: Wish }) {
  const { entries, total, error, loading } = feed.state.value;
  const isSearch = wanted.text !== '' || wanted.like !== undefined;
  useEffect(() => {
    if (total !== undefined && isSearch) announce(plural(total, 'photo'));
  }, [total, isSearch]);
  if (total === undefined) return error === undefined ? <Loading what="Fetching photos" /> : <Failure error={error} again={feed.more} />;
  return (
    <>
      <p class="found small soft">
        {plural(total, 'photo')}
        {wanted.like !== undefined && ', the most similar first · '}
        {wanted.like !== undefined && <a href="/photos">All photos</a>}
      </p>
      {total === 0 ? <NoPhotos isSearch={isSearch} /> : (
        <PhotoGrid
          entries={entries}
          total={total}
          more={feed.more}
          hrefOf={({ card }) => `/photos/${card.id}${location.search}`}
        />
      )}
      {error !== undefined && !loading && <Failure error={error} again={feed.more} />}
    </>
  );
}

function NoPhotos({ isSearch }: { isSearch: boolean }) {
  if (isSearch) return <Empty title="No photo says that"><p>Try fewer or other words: all forms of a word are found.</p></Empty>;
  return (
    <Empty title="No photos yet">
      <p><a href="/">Drop some</a>, or import a folder: <code>npx ekphrasis import DIR</code>.</p>
    </Empty>
  );
}
