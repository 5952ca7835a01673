; Setup for Windows, for one user and without administrator rights. Made by `python -m installers inno`, which hands in
; what is not known here:
;
;   AppVersion, AppNumbers   the version, as written and as four numbers
;   App                      the frozen app
;   Icons                    where loadbench.ico is
;   Output                   where the setup goes
;   Sign                     defined when the sign tool of that name signs what is made
;
; Needs Inno Setup 6.3 or newer.

#ifndef AppVersion
  #error Run "python -m installers inno": it defines AppVersion and the folders.
#endif

#define Name "loadbench"
#define Window "loadbench-gui.exe"
#define Console "loadbench.exe"
; Where platformdirs puts history and settings.
#define Data "{localappdata}\loadbench"
; What a profile is called in the registry. The number is there for a later form of profiles.
#define ProfileId "loadbench.profile.1"

[Setup]
; Never change it: it is how a newer setup finds what an older one installed.
AppId={{83AC3421-E351-4B49-8E97-67B2AFA2491A}
AppName={#Name}
AppVersion={#AppVersion}
AppVerName={#Name} {#AppVersion}
AppPublisher=loadbench contributors
VersionInfoVersion={#AppNumbers}
; Everybody can install it: into the user's own folder, and nothing of the machine's is touched.
PrivilegesRequired=lowest
DefaultDirName={localappdata}\Programs\loadbench
DisableProgramGroupPage=yes
; 64-bit, also on ARM computers with Windows 11, which run it in their emulation.
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
; Windows 10 version 1809: what Qt 6.11 asks for.
MinVersion=10.0.17763
; The program holds it while it runs (windows/running.py). Neither an upgrade nor an uninstallation pulls files from
; under a comparison, and nobody closes it on a user's behalf.
AppMutex=loadbench.83ac3421-e351-4b49-8e97-67b2afa2491a
CloseApplications=no
SetupMutex=loadbench.setup.83ac3421-e351-4b49-8e97-67b2afa2491a
ChangesAssociations=yes
ChangesEnvironment=yes
SetupIconFile={#Icons}\loadbench.ico
UninstallDisplayIcon={app}\{#Window}
UninstallDisplayName={#Name} {#AppVersion}
WizardStyle=modern
Compression=lzma2/max
SolidCompression=yes
LZMAUseSeparateProcess=yes
OutputDir={#Output}
OutputBaseFilename=loadbench-{#AppVersion}-windows-x64-setup
#ifdef Sign
SignTool={#Sign}
SignedUninstaller=yes
#endif

[Tasks]
Name: "path"; Description: "Add the command &loadbench to the PATH, for use in terminals"; Flags: unchecked
Name: "desktop"; Description: "Put an icon on the &desktop"; Flags: unchecked

[InstallDelete]
; An older version may have had files that this one has not.
Type: filesandordirs; Name: "{app}\_internal"; Check: IsUpgrade
Type: filesandordirs; Name: "{app}\notices"; Check: IsUpgrade

[Files]
#ifdef Sign
Source: "{#App}\*.exe"; DestDir: "{app}"; Flags: ignoreversion signonce
#else
Source: "{#App}\*.exe"; DestDir: "{app}"; Flags: ignoreversion
#endif
Source: "{#App}\*"; Excludes: "\*.exe"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{autoprograms}\{#Name}"; Filename: "{app}\{#Window}"; WorkingDir: "{userdocs}"; Comment: "Compare HTTP deployments"
Name: "{autodesktop}\{#Name}"; Filename: "{app}\{#Window}"; WorkingDir: "{userdocs}"; Tasks: desktop

[Registry]
; One way among others to open a .toml file: whatever opens them by a double click today keeps doing so.
; (Uninstalling goes from the last line to the first, so the outer key stands first.)
Root: HKA; Subkey: "Software\Classes\.toml"; Flags: uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.toml\OpenWithProgids"; ValueType: string; ValueName: "{#ProfileId}"; ValueData: ""; Flags: uninsdeletevalue uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\{#ProfileId}"; ValueType: string; ValueData: "loadbench profile"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\{#ProfileId}\DefaultIcon"; ValueType: string; ValueData: "{app}\{#Window},0"
Root: HKA; Subkey: "Software\Classes\{#ProfileId}\shell\open"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "{#Name}"
Root: HKA; Subkey: "Software\Classes\{#ProfileId}\shell\open\command"; ValueType: string; ValueData: """{app}\{#Window}"" ""%1"""
; "Open with" lists it by name.
Root: HKA; Subkey: "Software\Classes\Applications\{#Window}"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "{#Name}"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\{#Window}\SupportedTypes"; ValueType: string; ValueName: ".toml"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\{#Window}\shell\open\command"; ValueType: string; ValueData: """{app}\{#Window}"" ""%1"""

[Run]
Filename: "{app}\{#Window}"; Description: "Start {#Name}"; Flags: nowait postinstall skipifsilent

[UninstallDelete]
; What other interpreters compiled beside the sample deployments.
Type: filesandordirs; Name: "{app}\_internal"

[Code]
const
  Environment = 'Environment';

function IsUpgrade: Boolean;
begin
  Result := FileExists(ExpandConstant('{app}\{#Console}')) and FileExists(ExpandConstant('{app}\{#Window}'));
end;

{ The user's PATH as folders around semicolons, so that a whole entry can be looked for. }
function UserPath: String;
begin
  if not RegQueryStringValue(HKCU, Environment, 'Path', Result) then
    Result := '';
end;

function Position(const Folder: String): Integer;
begin
  Result := Pos(';' + Uppercase(Folder) + ';', ';' + Uppercase(UserPath) + ';');
end;

procedure AddToPath(const Folder: String);
var
  Path: String;
begin
  if Position(Folder) > 0 then
    exit;
  Path := UserPath;
  if (Path <> '') and (Path[Length(Path)] <> ';') then
    Path := Path + ';';
  if not RegWriteExpandStringValue(HKCU, Environment, 'Path', Path + Folder) then
    Log('The PATH could not be changed.');
end;

procedure RemoveFromPath(const Folder: String);
var
  Path: String;
  At: Integer;
begin
  At := Position(Folder);
  if At = 0 then
    exit;
  Path := UserPath;
  { The entry and the semicolon before it; the first entry has the one after it instead. }
  if At > 1 then
    Delete(Path, At - 1, Length(Folder) + 1)
  else
    Delete(Path, 1, Length(Folder) + 1);
  if not RegWriteExpandStringValue(HKCU, Environment, 'Path', Path) then
    Log('The PATH could not be changed back.');
end;

procedure CurStepChanged(CurStep: TSetupStep);
begin
  if CurStep <> ssPostInstall then
    exit;
  if WizardIsTaskSelected('path') then
    AddToPath(ExpandConstant('{app}'))
  else
    RemoveFromPath(ExpandConstant('{app}'));
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Data: String;
begin
  if CurUninstallStep <> usPostUninstall then
    exit;
  RemoveFromPath(ExpandConstant('{app}'));
  Data := ExpandConstant('{#Data}');
  if not DirExists(Data) then
    exit;
  { Kept unless the user says so; a silent uninstallation is not asked and keeps it. }
  if SuppressibleMsgBox('Delete your history of comparisons and your settings as well?' + #13#10#13#10
      + 'They are in ' + Data + '. Without them, a later installation starts afresh.',
      mbConfirmation, MB_YESNO or MB_DEFBUTTON2, IDNO) = IDYES then
    if not DelTree(Data, True, True, True) then
      MsgBox('Not everything in ' + Data + ' could be deleted. Close what uses it, and delete the folder by hand.',
        mbInformation, MB_OK);
end;
