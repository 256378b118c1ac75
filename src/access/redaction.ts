/** Where keys stand in what may be logged of requests and answers: a log tells that they were there, and no more. */
export const REDACTED = ['headers', '*.headers', '*.*.headers'].flatMap((headers) =>
  ['authorization', 'cookie', '["set-cookie"]'].map((name) =>
    name.startsWith('[') ? `${headers}${name}` : `${headers}.${name}`,
  ),
);
