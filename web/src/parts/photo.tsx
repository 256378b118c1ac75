import { useEffect, useRef } from 'preact/hooks';
import { paintAttention } from './attention.js';

export interface Picture {
  readonly src: string;
  readonly width: number;
  readonly height: number;
  readonly alt: string;
}

/** @param attention of the word that is looked at: [side * side] */
export function Photo({ picture, attention }: { picture: Picture; attention?: readonly number[] | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current && attention) paintAttention(canvas.current, attention);
  }, [attention]);
  const { src, width, height, alt } = picture;
  return (
    <div class="photo" style={{ '--ratio': String(width / height), '--natural': `${width}px` }}>
      <img src={src} width={width} height={height} alt={alt} decoding="async" />
      <canvas ref={canvas} class={attention ? 'attention shown' : 'attention'} aria-hidden="true" />
    </div>
  );
}
