import { config } from 'zod';

// Our pages allow no eval; Zod would try all the same, and the browser would log each try. Before the first schema is made.
config({ jitless: true });
