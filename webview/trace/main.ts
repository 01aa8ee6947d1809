import { listen, loadLanguage } from '../host.ts';
import { TracePage } from './page.ts';

loadLanguage();
const root = document.getElementById('app');
if (root !== null) {
  const page = new TracePage(root);
  listen((message) => page.take(message));
}
