import { availability } from './availability.ts';
import { customerUsage } from './customer-usage.ts';
import type { Dashboard } from './dashboard.ts';
import { interfaces } from './interfaces.ts';
import { networkPerformance } from './network-performance.ts';
import { quality } from './quality.ts';

/** THE LIST of dashboards that are shipped. */
export const DASHBOARDS: readonly Dashboard[] = [networkPerformance, availability, interfaces, quality, customerUsage];
