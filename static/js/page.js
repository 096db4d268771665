/** What every page needs: its menus close, its messages leave, its times stay true, its rows show where one is. */

import "./menu.js";
import "./toast.js";
import "./ago.js";
import "./rows.js";
