import './data/without-eval.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import { startClock } from './data/clock.ts';
import { listen } from './data/location.ts';
import { loadLook } from './data/preferences.ts';
import { learn } from './data/session.ts';
import './design/app.css';

const root = document.getElementById('app');
if (root) {
  loadLook();
  startClock();
  listen();
  render(<App />, root);
  void learn(new URLSearchParams(location.search).get('token'));
}
