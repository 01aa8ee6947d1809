import { listen, loadLanguage } from '../host.ts';
import { TopologyPage } from './page.ts';

loadLanguage();
const root = document.getElementById('app');
if (root !== null) {
  const page = new TopologyPage(root);
  listen((message) => page.take(message));
}
