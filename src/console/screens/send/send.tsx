/** The screen that sends messages. */

export function SendScreen() {
  return <h1>Send</h1>;
}
