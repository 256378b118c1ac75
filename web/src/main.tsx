import './styles/base.css';
import { render } from 'preact';
import { watchConnection } from './api/client.js';
import { askViewer } from './api/viewer.js';
import { App } from './app.js';
import { followLinks } from './parts/route.js';

followLinks();
watchConnection();
void askViewer();
const page = document.getElementById('page');
if (page) render(<App />, page);
