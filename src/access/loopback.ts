const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/;

/** Whether a name or an address means this machine and no other can reach it. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
