/** What every page needs: its menus close, its messages leave, its times stay true. */

import "./menu.js";
import "./toast.js";
import "./ago.js";
