/** The time by which tests tell quick work from slow work, however busy the machine is. */

/** Returns how much CPU time this process has used, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
