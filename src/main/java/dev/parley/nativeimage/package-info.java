/**
 * What the native image builder has to be told: substitutions that hold in the native executable and nowhere else, called by nobody. And what the native
 * executable does for itself alone.
 */
package dev.parley.nativeimage;
