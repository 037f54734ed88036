module fxcell.dev/integration

go 1.26.0

replace fxcell.dev => ..
