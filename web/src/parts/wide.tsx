import type { ComponentChildren } from 'preact';

/** What may be wider than a narrow window and is then scrolled sideways, by keyboard too. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="wide" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
