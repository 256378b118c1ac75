import { useEffect, useState } from 'preact/hooks';
import { announce } from './announce.js';

const SHOWN_MILLISECONDS = 2_000;

/**
 * Puts a text on the clipboard. Browsers offer that to pages on https and localhost only; elsewhere there is no button.
 */
export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => {
      setCopied(false);
    }, SHOWN_MILLISECONDS);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);
  if (!isSecureContext) return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce('The alt text is on the clipboard.');
    } catch {
      announce('The browser does not let this page use the clipboard.');
    }
  };
  return (
    <button type="button" onClick={() => void copy()}>
      <span class="same-width">
        <span class={copied ? 'hidden' : ''}>Copy as alt text</span>
        <span class={copied ? '' : 'hidden'}>Copied</span>
      </span>
    </button>
  );
}
