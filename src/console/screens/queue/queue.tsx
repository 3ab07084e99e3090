/** The screen of a queue. */

import type { Params } from '../../router.ts';

export function QueueScreen({ params }: { params: Params }) {
  return <h1>{params.name}</h1>;
}
