import './styles/base.css';
import { render } from 'preact';
import { watchConnection } from './api/client.js';
import { App } from './app.js';
import { followLinks } from './parts/route.js';

followLinks();
watchConnection();
const page = document.getElementById('page');
if (page) render(<App />, page);
