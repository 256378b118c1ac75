import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Reads a text aloud, where the browser can. */
export function Speaker({ text }: { text: string }) {
  const speaking = useSignal(false);
  useEffect(
    () => () => {
      if (speaking.peek()) speechSynthesis.cancel();
    },
    [text, speaking],
  );
  if (!('speechSynthesis' in window)) return null;
  const toggle = () => {
    speechSynthesis.cancel();
    if (speaking.value) return;
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = 'en';
    utterance.onend = () => {
      speaking.value = false;
    };
    utterance.onerror = () => {
      speaking.value = false;
    };
    speaking.value = true;
    speechSynthesis.speak(utterance);
  };
  return (
    <button type="button" onClick={toggle} aria-pressed={speaking.value}>
      <span class="same-width">
        <span class={speaking.value ? 'hidden' : ''}>Read aloud</span>
        <span class={speaking.value ? '' : 'hidden'}>Stop</span>
      </span>
    </button>
  );
}
