/** A person's own words for a photo. What machines wrote stays beside them. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../api/client.js';
import { graphql } from '../api/graphql.js';
import { may } from '../api/viewer.js';
import { announce } from './announce.js';
import type { Details, PersonCaption } from './photo-details.js';
import { Refused } from './states.js';
import { useAction } from './use-action.js';

const Correct = graphql(`
  mutation Correct($imageId: ID!, $text: String!, $replaces: ID) {
    correctCaption(input: { imageId: $imageId, text: $text, replaces: $replaces }) {
      id
    }
  }
`);

const Remove = graphql(`
  mutation Remove($captionId: ID!) {
    removeCaption(input: { captionId: $captionId })
  }
`);

interface EditorProps {
  readonly image: Details;
  /** What a person gave here before; it is replaced. */
  readonly given: PersonCaption | undefined;
  /** What the editor begins with. */
  readonly suggestion: string;
  readonly again: () => void;
  /** What else can be done with the caption, in the same row. */
  readonly children: ComponentChildren;
}

export function CaptionEditor({ image, given, suggestion, again, children }: EditorProps) {
  const editing = useSignal(false);
  const { error, run } = useAction();
  const write = (work: () => Promise<unknown>, said: string) =>
    run(async () => {
      await work();
      editing.value = false;
      announce(said);
      again();
    });
  const keep = (text: string) =>
    write(
      () => ask(Correct, { imageId: image.id, text, replaces: given?.id ?? null }),
      'Kept as a person’s caption. The next training learns it.',
    );
  return (
    <div class="editor">
      {editing.value ? (
        <Form
          suggestion={suggestion}
          keep={keep}
          cancel={() => {
            editing.value = false;
          }}
        />
      ) : (
        <div class="row">
          {children}
          {may('WRITE') && (
            <button
              type="button"
              onClick={() => {
                editing.value = true;
              }}
            >
              {given ? 'Edit' : 'Write a better one'}
            </button>
          )}
          {given && may('WRITE') && (
            <button
              type="button"
              class="plain"
              onClick={() => void write(() => ask(Remove, { captionId: given.id }), 'Removed.')}
            >
              Remove
            </button>
          )}
        </div>
      )}
      <Refused error={error.value} />
    </div>
  );
}

function Form({
  suggestion,
  keep,
  cancel,
}: {
  suggestion: string;
  keep: (text: string) => Promise<void>;
  cancel: () => void;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    area.current?.focus();
    area.current?.select();
  }, []);
  return (
    <form
      class="caption-form"
      onSubmit={(event) => {
        event.preventDefault();
        const text = area.current?.value.trim() ?? '';
        if (text !== '') void keep(text);
      }}
    >
      <label>
        <span>Your caption. The next training learns it.</span>
        <textarea
          ref={area}
          class="sentence"
          rows={3}
          maxLength={500}
          required
          defaultValue={suggestion}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              // Or the dialog around it would close.
              event.preventDefault();
              event.stopPropagation();
              cancel();
            }
            if (event.key === 'Enter' && !event.shiftKey) {
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }
          }}
        />
      </label>
      <div class="row">
        <button type="submit" class="main">
          Keep
        </button>
        <button type="button" class="plain" onClick={cancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
