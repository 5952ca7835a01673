# Makes the setup for Windows from a source checkout: there is no make here, so these are its steps by hand.
#
#     powershell -ExecutionPolicy Bypass -File packaging\windows\build.ps1 [-Python python] [-SkipTests]
#
# Needs Python 3.11 or newer (64-bit) and Inno Setup 6.3 or newer. LOADBENCH_SIGN signs (see installers\inno.py).
param(
    [string]$Python = "python",
    [switch]$SkipTests
)
$ErrorActionPreference = "Stop"
Set-Location (Join-Path $PSScriptRoot "..\..")

# PowerShell does not stop at a program that fails.
function Invoke-Step([string]$Program, [string[]]$Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') ended with $LASTEXITCODE" }
}

$Venv = Join-Path (Get-Location) ".venv\Scripts\python.exe"
if (-not (Test-Path $Venv)) { Invoke-Step $Python @("-m", "venv", ".venv") }
Invoke-Step $Venv @("-m", "pip", "install", "--no-input", "--constraint", "constraints.txt", "--editable", ".[package]")

$env:PYTHONPATH = "packaging"
$env:PYTHONUTF8 = "1"
Invoke-Step $Venv @("-m", "installers", "release")
Invoke-Step $Venv @("-m", "installers", "freeze")
Invoke-Step $Venv @("-m", "installers", "check")
if (-not $SkipTests) {
    Invoke-Step ".\build\frozen\loadbench\loadbench.exe" @("self-test")
    # A windowed program is not waited for by itself, and has no standard output.
    $Window = Start-Process ".\build\frozen\loadbench\loadbench-gui.exe" `
        -ArgumentList "--self-test", "--json", "build\self-test-window.json" -Wait -PassThru
    if ($Window.ExitCode -ne 0) { throw "The window's self-test ended with $($Window.ExitCode): build\self-test-window.json" }
}
Invoke-Step $Venv @("-m", "installers", "inno")
