import './learn/index.js';
