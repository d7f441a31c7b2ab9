import React from "react";

function Icon({ d, size = 18 }: { d: string; size?: number }): React.JSX.Element {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={d} />
    </svg>
  );
}

export const SendIcon = (): React.JSX.Element => <Icon size={20} d="M12 19V5M5.5 11.5 12 5l6.5 6.5" />;
export const DownIcon = (): React.JSX.Element => <Icon size={16} d="M12 5v14M5.5 12.5 12 19l6.5-6.5" />;
export const BackIcon = (): React.JSX.Element => <Icon size={22} d="M19 12H5M11.5 5.5 5 12l6.5 6.5" />;
export const PlusIcon = (): React.JSX.Element => <Icon size={16} d="M12 5v14M5 12h14" />;
export const CheckIcon = (): React.JSX.Element => <Icon size={13} d="M4.5 12.5l5 5L19.5 7" />;
export const ClockIcon = (): React.JSX.Element => <Icon size={13} d="M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2" />;
export const AlertIcon = (): React.JSX.Element => <Icon size={13} d="M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8v4.5M12 16v.1" />;

/** A speech bubble cut like a pennant. */
export function Logo({ size = 30 }: { size?: number }): React.JSX.Element {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path className="logo-flag" d="M3 5h27l-5 8.5 5 8.5H14l-7 6.5V22H3z" />
      <path className="logo-band" d="M3 11h23.6l-1.6 2.5 1.6 2.5H3z" />
    </svg>
  );
}
