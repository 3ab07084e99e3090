/** The version of Squab, which a build takes from package.json and keeps. */

import manifest from '../package.json' with { type: 'json' };

export const version: string = manifest.version;
