/** What is to be found: words as they are typed, or a photo. */
import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { may } from '../api/viewer.js';
import { acceptAnywhere, PHOTO_FILES } from '../parts/accept-photos.js';
import { go, withQuery } from '../parts/route.js';
import { SENT, setExample, wish } from './filters.js';

/** Typing pauses of this length, in milliseconds, have the search begun. */
const PAUSE = 180;

export function SearchBar() {
  const [text, setText] = useState(wish.value.text);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (text.trim() === wish.peek().text) return undefined;
    const timer = setTimeout(() => {
      go(withQuery({ q: text.trim(), like: undefined, exact: undefined }), { replace: true });
    }, PAUSE);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  // The address may change by other ways: back, or a link. A filter that is set while somebody types changes no words.
  const known = useRef(text);
  useSignalEffect(() => {
    const { text: asked } = wish.value;
    if (asked === known.current) return;
    known.current = asked;
    setText((typed) => (typed.trim() === asked ? typed : asked));
  });
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.closest('input, textarea, select, dialog') !== null;
      if (event.key !== '/' || isTyping) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focus);
    return () => {
      removeEventListener('keydown', focus);
    };
  }, []);
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
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
          }}
        />
      </label>
      {may('CAPTION') && <SearchByPhoto />}
    </search>
  );
}

/** A photo that is chosen, dropped or pasted here is looked for, and not added. */
function SearchByPhoto() {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => acceptAnywhere(searchFor, setOver), []);
  return (
    <>
      <input
        ref={input}
        class="unseen"
        type="file"
        accept={PHOTO_FILES}
        tabIndex={-1}
        aria-label="Photo to search by"
        onChange={({ currentTarget }) => {
          searchFor([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class={over ? 'by-photo over' : 'by-photo'}
        onClick={() => input.current?.click()}
        aria-label="Search by photo"
      >
        By photo
      </button>
    </>
  );
}

function searchFor([file]: readonly File[]): void {
  if (!file) return;
  setExample(file);
  go(withQuery({ q: undefined, like: SENT, exact: undefined }));
}
