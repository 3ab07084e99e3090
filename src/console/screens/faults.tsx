/** The screen Faults. */

export function FaultsScreen() {
  return <h1>Faults</h1>;
}
