/** The schema of what a list of upcoming events is asked for, over HTTP or by a program. */

import { z } from 'zod';
import { once } from '../once.ts';
import { countParameter } from '../parameters.ts';

export const upcomingShape = once(() => z.object({ limit: countParameter(100, 10) }));
