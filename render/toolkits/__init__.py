"""Windows of real desktop toolkits: one module a toolkit, each with `window(random)`.

It draws one window and gives the picture with the controls on it: their states and rectangles
come from the toolkit itself. render/toolkit.py cuts the crops.
"""
