#compdef loadbench loadbench-gui
# Completion of loadbench for zsh. The functions below are made from the program's own definition.

_loadbench_profiles() {
    _alternative 'shipped:shipped profile:(@PROFILES@)' 'files:profile:_files -g "*.toml(-.)"'
}

@FUNCTIONS@

case $service in
loadbench) _loadbench_program "$@" ;;
loadbench-gui) _loadbench_gui_program "$@" ;;
esac
