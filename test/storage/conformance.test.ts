import { conformance } from './conformance.ts';
import { engines } from './engines.ts';

for (const [name, form] of Object.entries(engines)) conformance(name, form);
