"""The local organization as the generator sees it: started, stopped, asked, and the files that lead to it."""
