/** The URL of a database, as logs may show it. */

/** Returns the URL without the user, the password and the parameters. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'a PostgreSQL database';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
