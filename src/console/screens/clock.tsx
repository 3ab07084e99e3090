/** The screen Clock. */

export function ClockScreen() {
  return <h1>Clock</h1>;
}
