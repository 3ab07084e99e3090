/** The screen Snapshots. */

export function SnapshotsScreen() {
  return <h1>Snapshots</h1>;
}
