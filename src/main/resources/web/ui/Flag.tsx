import React, { memo } from "react";

const COLOURS = ["#24487f", "#c9503a", "#e9b13b", "#2b8880", "#3d4d55", "#8a5a83"];
const PALE = "#f4f1e6";

/** A small signal flag that is always the same for the same id: people are told apart at a glance, without a picture. */
export const Flag = memo(function Flag({ id, size = 40 }: { id: string; size?: number }): React.JSX.Element {
  const number = hash(id);
  const first = COLOURS[number % COLOURS.length]!;
  const step = 1 + (Math.floor(number / 7) % (COLOURS.length - 1));
  const second = Math.floor(number / 97) % 2 ? PALE : COLOURS[(number + step) % COLOURS.length]!;
  return (
    <svg className="flag" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" fill={first} />
      {PATTERNS[Math.floor(number / 13) % PATTERNS.length]!(second)}
    </svg>
  );
});

const PATTERNS: readonly ((fill: string) => React.JSX.Element)[] = [
  (fill) => <rect x="12" width="12" height="24" fill={fill} />,
  (fill) => <rect y="12" width="24" height="12" fill={fill} />,
  (fill) => <path d="M24 0v24H0z" fill={fill} />,
  (fill) => <path d="M0 0h12v12H0zM12 12h12v12H12z" fill={fill} />,
  (fill) => <path d="M9 0h6v9h9v6h-9v9H9v-9H0V9h9z" fill={fill} />,
  (fill) => <rect x="7" y="7" width="10" height="10" fill={fill} />,
  (fill) => <path d="M0 0h5l7 7 7-7h5v5l-7 7 7 7v5h-5l-7-7-7 7H0v-5l7-7-7-7z" fill={fill} />,
  (fill) => <path d="M12 2l10 10-10 10L2 12z" fill={fill} />,
  (fill) => <rect x="8" width="8" height="24" fill={fill} />,
  (fill) => <circle cx="12" cy="12" r="6.5" fill={fill} />,
];

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}
