/** wrangler.toml with its sample of a second environment in force, if it is not already. */
export function withStaging(text: string): string {
  const start = text.indexOf('# [[env.staging');
  return start < 0 ? text : text.slice(0, start) + text.slice(start).replaceAll(/^# ?/gm, '');
}
